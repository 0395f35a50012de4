#include "clamav/second_reader.h"

#include "clamav/base64_text.h"
#include "clamav/cms_content.h"
#include "clamav/compound_file.h"
#include "clamav/mail_parts.h"
#include "clamav/ms_expand.h"
#include "clamav/onenote_files.h"
#include "clamav/openpgp_content.h"
#include "clamav/payload_behind_script.h"
#include "clamav/pdf_streams.h"
#include "clamav/rtf_objects.h"
#include "clamav/text_encodings.h"
#include "clamav/tnef.h"
#include "clamav/warc_records.h"

namespace cordon {

Unpacking read_container(ContainerKind kind, std::span<const std::byte> content,
                         const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                         const UseMember& use) {
  switch (kind) {
    case ContainerKind::pdf:
      return read_pdf_streams(content, temp_directory, limits, use);
    case ContainerKind::compound_file:
      return read_compound_file(content, temp_directory, limits, use);
    case ContainerKind::rtf:
      return read_rtf_objects(content, temp_directory, limits, use);
    case ContainerKind::markup:
      return read_base64_text(content, temp_directory, limits, use);
    case ContainerKind::mail:
      return read_mail_parts(content, temp_directory, limits, use);
    case ContainerKind::tnef:
      return read_tnef(content, temp_directory, limits, use);
    case ContainerKind::onenote:
      return read_onenote_files(content, temp_directory, limits, use);
    case ContainerKind::cms:
      return read_cms_content(content, temp_directory, limits, use);
    case ContainerKind::openpgp:
      return read_openpgp_content(content, temp_directory, limits, use);
    case ContainerKind::encoded_text:
      return read_encoded_text(content, temp_directory, limits, use);
    case ContainerKind::ms_compressed:
      return read_ms_compressed(content, temp_directory, limits, use);
    case ContainerKind::script:
      return read_payloads_behind_script(content, temp_directory, limits, use);
    case ContainerKind::warc:
      return read_warc_records(content, temp_directory, limits, use);
    case ContainerKind::zip:
    case ContainerKind::zip_from_front:
    case ContainerKind::seven_zip:
    case ContainerKind::rar:
    case ContainerKind::ar:
    case ContainerKind::lha:
    case ContainerKind::cabinet:
    case ContainerKind::iso9660:
    case ContainerKind::iso9660_plain:
    case ContainerKind::xar:
    case ContainerKind::tar:
    case ContainerKind::cpio:
    case ContainerKind::gzip:
    case ContainerKind::zlib:
    case ContainerKind::xz:
    case ContainerKind::bzip2:
    case ContainerKind::zstd:
    case ContainerKind::lz4:
    case ContainerKind::lzip:
    case ContainerKind::lzma:
    case ContainerKind::compress:
    case ContainerKind::rpm:
      return for_each_member(kind, content, temp_directory, limits, use);
  }
  return {.problem = LayerProblem{Reason::coverage, "a container that nothing reads"}};
}

}  // namespace cordon
