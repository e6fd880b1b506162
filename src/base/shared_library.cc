// SPDX-License-Identifier: Apache-2.0
#include "base/shared_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>

#include "base/text.h"

namespace slipway {

void* SharedLibrary::find(const char* name) const { return dlsym(handle, name); }
void SharedLibrary::close() const { dlclose(handle); }

std::vector<std::string> library_places(Env& env, const char* variable, const std::string& file) {
  if (const auto named = env.variable(variable)) return {*named};
  std::vector<std::string> places;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto folder = program.parent_path();
    places.push_back((folder.parent_path() / "lib" / file).string());
    places.push_back((folder / file).string());
  }
  places.push_back(file);
  return places;
}

Result<SharedLibrary> open_first(std::span<const std::string> places) {
  std::vector<std::string> tried;
  for (const std::string& place : places) {
    void* const handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) return SharedLibrary{handle, place};
    const char* const why = dlerror();
    tried.push_back(why != nullptr ? why : place);
  }
  return Error(Code::kNotFound, "base.library", join(tried, "; "));
}

}  // namespace slipway
