#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/object_ref.h"

namespace cordon {

/// An upload, as its event describes it.
struct UploadEvent {
  ObjectRef object;
  std::string etag;
  std::uint64_t bytes = 0;
  std::string sequencer;  ///< Empty: none, as some servers write it.
  std::string time = "2026-11-22T15:50:33.120Z";
};

/// One S3 event record as AWS writes it, without the list around it.
std::string s3_record(const UploadEvent& event);
/// A message with these records.
std::string s3_message(const std::string& records);
/// The SNS envelope around a message.
std::string sns_envelope(const std::string& message);

}  // namespace cordon
