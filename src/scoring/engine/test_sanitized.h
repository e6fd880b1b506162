// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a sanitizer runs along: it makes tests ten times as slow, and owns allocations.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLIPWAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLIPWAY_SANITIZED 1
#endif
#endif
#ifndef SLIPWAY_SANITIZED
#define SLIPWAY_SANITIZED 0
#endif
