int martlet_placeholder_k;
