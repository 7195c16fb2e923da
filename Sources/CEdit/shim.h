#ifndef CEDIT_SHIM_H
#define CEDIT_SHIM_H

#include <locale.h>
#include <stdio.h>
#include <editline/readline.h>

// A Ctrl-D typed while a reply streams is read as NUL at the next prompt. libedit binds NUL to quoting the next key, since
// it disables the terminal's `lnext`, so Ctrl-D would not end the input again. It binds keys anew for each line.
static inline int cedit_ignore_nul(void) { return rl_parse_and_bind("bind ^@ ed-ignore"); }

// libedit is set up by global variables, which Swift cannot touch.
static inline void cedit_set_up(void) {
    setlocale(LC_CTYPE, "");
    // Signals are the program's.
    rl_catch_signals = 0;
    rl_readline_name = "martlet";
    rl_pre_input_hook = cedit_ignore_nul;
    using_history();
    stifle_history(1000);
}

#endif
