#ifndef CEDIT_SHIM_H
#define CEDIT_SHIM_H

#include <locale.h>
#include <stdio.h>
#include <editline/readline.h>

// libedit is set up by global variables, which Swift cannot touch.
static inline void cedit_set_up(void) {
    setlocale(LC_CTYPE, "");
    // Signals are the program's.
    rl_catch_signals = 0;
    rl_readline_name = "martlet";
    using_history();
    stifle_history(1000);
}

#endif
