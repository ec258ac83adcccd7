# SPDX-License-Identifier: GPL-2.0-or-later
# Says how large the purgatory is; it takes that much of every crash reservation, and more than two pages need a reason.
file(SIZE ${FILE} bytes)
message(STATUS "The purgatory has ${bytes} bytes")
if(bytes GREATER 16384)
    message(FATAL_ERROR "The purgatory has grown beyond 16384 bytes")
endif()
