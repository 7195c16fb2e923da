#ifndef MARTLET_TEST_START_H
#define MARTLET_TEST_START_H

/// Written in Swift.
void martlet_watch_responses(void);

#endif
