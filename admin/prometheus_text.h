// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/status_report.h"
#include "loader/status.h"

#include <string>

namespace kdumpkit::admin {

// The state in the text format that node_exporter's textfile collector reads. Pure.
std::string prometheus_text(const loader::Status& kernel, const AdminStatus& admin);

} // namespace kdumpkit::admin
