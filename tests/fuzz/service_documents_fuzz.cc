#include <cstdint>
#include <string_view>

#include "aws/s3_bucket_census.h"
#include "aws/s3_catalogue.h"
#include "aws/s3_xml.h"

// Documents that a store answers with.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  (void)cordon::decode_tagging(xml).ok();
  (void)cordon::decode_upload_id(xml).ok();
  (void)cordon::decode_version_page(xml, cordon::BucketName("b")).ok();
  (void)cordon::decode_bucket_tags(xml).ok();
  (void)cordon::names_no_version(xml).ok();
  return 0;
}
