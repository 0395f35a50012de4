#include "console/document_uploads.h"

#include <algorithm>
#include <utility>

#include "settings/document.h"

namespace cordon {

class DocumentUploads::Sink final : public UploadSink {
 public:
  explicit Sink(std::shared_ptr<Bytes> under_way) : under_way_(std::move(under_way)) {}
  ~Sink() override {
    under_way_->with([this](std::size_t& all) { all -= counted_; });
  }

  Result<void> write(std::string_view bytes) override {
    if (bytes.size() > kSettingsBytesMax - text_.size()) {
      return Error{Errc::invalid, "a settings document has at most 1 MiB"};
    }
    const bool is_room = under_way_->with([&](std::size_t& all) {
      if (bytes.size() > kAllBytesMax - all) return false;
      all += bytes.size();
      return true;
    });
    if (!is_room) return Error{Errc::unavailable, "too many documents are on their way"};
    counted_ += bytes.size();
    text_ += bytes;
    return {};
  }

  std::string take() { return std::move(text_); }

 private:
  const std::shared_ptr<Bytes> under_way_;  // Shared: the uploads may go first.
  std::size_t counted_ = 0;
  std::string text_;
};

std::shared_ptr<UploadSink> DocumentUploads::sink_for(const ServerRequest& head) {
  const std::string_view path = std::string_view(head.target).substr(0, head.target.find('?'));
  const bool is_document = (head.method == "PUT" && path == "/api/v1/settings") ||
                           (head.method == "POST" && path == "/api/v1/settings/validate");
  if (!is_document) return nullptr;
  return std::make_shared<Sink>(under_way_);
}

ServerRequest DocumentUploads::whole(const ServerRequest& request,
                                     const std::shared_ptr<UploadSink>& upload) {
  ServerRequest out = request;
  if (upload != nullptr) out.body = std::static_pointer_cast<Sink>(upload)->take();
  return out;
}

}  // namespace cordon
