/* QuickJS-ng turns its check of the JavaScript stack off under __wasi__, and then deep recursion traps where it should
   throw a RangeError. So every header that needs the macro comes first, and then it is gone. */
#include <assert.h>
#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#undef __wasi__
