// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/shell_text.h"

namespace kdumpkit::admin {

// Takes what stands behind a $ from its "(" or "{" on, or what stands behind a ` up to the next one, to where
// it ends for a shell. False when that was not found for sure; then the rest of the text may mean anything.
bool skip_parentheses(ShellText& text);
bool skip_braces(ShellText& text);
bool skip_backquotes(ShellText& text);

} // namespace kdumpkit::admin
