// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/capture_log.h"

#include <string>

namespace kdumpkit::capture {

// Takes the right to write to memory from every PCI device that has no driver in this kernel: the crashed
// kernel's is still serving it, and the next kernel will have other things where it writes. Those with a
// driver are shut down by it, and lose the right at a kexec; the kernel leaves the others alone
// (pci_device_shutdown() in drivers/pci/pci-driver.c, whose state it does not know). `devices` is normally
// /sys/bus/pci/devices. A device that keeps the right is an error: nothing must be started beside it. Bridges
// and the machine's own parts stay as they are.
Result<> silence_bus_masters(CaptureLog& log, const std::string& devices);

} // namespace kdumpkit::capture
