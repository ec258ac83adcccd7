// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <optional>
#include <string>

namespace kdumpkit::capture {

struct Capture;

// The network of this kernel. kdump-network makes it, a program of its own, so that only an initramfs that
// needs a network carries it, and none of its faults is one of PID 1.
class Uplink {
  public:
    // When a target is remote or a cluster is to be told: switches the links on and comes back, so that they
    // negotiate while a local target gets its first words. What goes wrong is said.
    void start(Capture& capture);
    // The first call waits until the network is up, for network.link_timeout at most; the others know. An
    // error, of the destination, says which device or link is missing.
    Result<> ready(Capture& capture);

  private:
    std::optional<Result<>> end_;
};

} // namespace kdumpkit::capture
