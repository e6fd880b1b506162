// SPDX-License-Identifier: Apache-2.0
#include "scoring/kernel/kernel.h"

#include <utility>
#include <variant>

#include "scoring/link.h"

namespace slipway::scoring {
namespace {

class TreeKernel final : public Kernel {
 public:
  explicit TreeKernel(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
  std::optional<Refusal> run(std::span<const Rows> inputs, double* out) const override {
    thread_local Scratch scratch;
    engine_->run(inputs[0], out, scratch.of(engine_->scratch_bytes()));
    return std::nullopt;
  }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace

std::unique_ptr<Kernel> kernel_of(const model::TreeEnsemble& op) {
  return std::make_unique<TreeKernel>(make_reference_engine(op));
}

std::unique_ptr<Kernel> kernel_of(const model::Link& op) {
  return function_kernel(op, [](const model::Link& link, std::span<const Rows> in, double* out) {
    apply_link(link, in[0], out);
  });
}

std::unique_ptr<Kernel> make_kernel(const model::Operator& op) {
  return std::visit([](const auto& some) { return kernel_of(some); }, op);
}

}  // namespace slipway::scoring
