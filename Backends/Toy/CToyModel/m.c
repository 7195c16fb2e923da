int martlet_placeholder_m;
