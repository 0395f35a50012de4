#include "aws/aws_config.h"

#include <array>
#include <utility>

#include "aws/service_error.h"
#include "base/text.h"

namespace cordon {
namespace {

struct ServiceNames {
  AwsService service;
  const char* variable;  // AWS_ENDPOINT_URL_...
  const char* member;    // in a [services] section
};

constexpr std::array<ServiceNames, 7> kServices = {{
    {AwsService::s3, "S3", "s3"},
    {AwsService::sqs, "SQS", "sqs"},
    {AwsService::sns, "SNS", "sns"},
    {AwsService::logs, "CLOUDWATCH_LOGS", "cloudwatch_logs"},
    {AwsService::events, "EVENTBRIDGE", "eventbridge"},
    {AwsService::sts, "STS", "sts"},
    {AwsService::storagegateway, "STORAGE_GATEWAY", "storage_gateway"},
}};

// A value and what the user calls it.
struct Setting {
  std::string text;
  std::string name;
};

class Resolver {
 public:
  Resolver(const AwsOptions& options, const Environment& environment, const ProfileFiles& files)
      : options_(options), environment_(environment), files_(files) {}

  Result<AwsConfig> resolve() {
    CORDON_TRY(choose_profile());
    CORDON_TRY(find_region());
    CORDON_TRY(find_switches());
    CORDON_TRY(find_endpoints());
    CORDON_TRY(find_retry());
    return std::move(config_);
  }

 private:
  Result<void> choose_profile() {
    auto named = options_.profile;
    config_.profile_by_option = named.has_value();
    if (!named) named = environment_.get("AWS_PROFILE");
    if (!named) named = environment_.get("AWS_DEFAULT_PROFILE");
    config_.profile_named = named.has_value();
    config_.profile = named.value_or("default");
    section_ = files_.profile(config_.profile);
    if (section_ != nullptr || !config_.profile_named) return {};
    std::string known;
    for (const std::string& name : files_.profile_names()) {
      known += (known.empty() ? "" : ", ") + name;
    }
    return usage_error("profile " + utf8_clean(config_.profile, 64) + " (" +
                       (config_.profile_by_option ? "--profile" : "AWS_PROFILE") +
                       ") is in none of the files: " + files_.description() +
                       "; profiles there: " + (known.empty() ? "none" : known));
  }

  std::optional<Setting> in_profile(const std::string& name) const {
    if (section_ == nullptr) return std::nullopt;
    const auto it = section_->find(name);
    if (it == section_->end() || it->second.empty()) return std::nullopt;
    return Setting{it->second, name + " of profile " + config_.profile};
  }

  std::optional<Setting> in_environment(const std::string& name) const {
    if (auto value = environment_.get(name)) return Setting{*value, name};
    return std::nullopt;
  }

  std::optional<Setting> find(const std::string& variable, const std::string& member) const {
    if (auto setting = in_environment(variable)) return setting;
    return in_profile(member);
  }

  Result<void> find_region() {
    std::optional<Setting> setting;
    if (options_.region) setting = Setting{*options_.region, "--region"};
    if (!setting) setting = in_environment("AWS_REGION");
    if (!setting) setting = find("AWS_DEFAULT_REGION", "region");
    if (!setting) return {};
    if (!is_region_name(setting->text)) {
      return usage_error(setting->name + " is \"" + utf8_clean(setting->text, 64) +
                         "\", which is no region: write one like eu-west-1");
    }
    config_.region = Region(setting->text);
    return {};
  }

  Result<void> find_switches() {
    CORDON_TRY(config_.endpoints.fips, switched("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
    CORDON_TRY(config_.endpoints.dualstack,
               switched("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
    if (options_.bucket_style) {
      config_.endpoints.bucket_style = *options_.bucket_style;
      return {};
    }
    const auto style = in_profile("s3.addressing_style");
    if (!style || style->text == "auto") return {};
    if (style->text == "path") {
      config_.endpoints.bucket_style = BucketStyle::path;
    } else if (style->text == "virtual") {
      config_.endpoints.bucket_style = BucketStyle::virtual_host;
    } else {
      return usage_error(style->name + " is \"" + utf8_clean(style->text, 64) +
                         "\": write auto, path or virtual");
    }
    return {};
  }

  Result<bool> switched(const std::string& variable, const std::string& member) const {
    const auto setting = find(variable, member);
    if (!setting) return false;
    return parse_switch(setting->text, setting->name);
  }

  // The option, then per service: its variable, the common variable, its entry in the profile's
  // [services] section, the profile's common entry.
  Result<void> find_endpoints() {
    config_.endpoint_by_option = options_.endpoint_url.has_value();
    CORDON_TRY(const bool ignore,
               switched("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
    for (const ServiceNames& names : kServices) {
      std::optional<Setting> setting;
      if (options_.endpoint_url) {
        setting = Setting{*options_.endpoint_url, "--endpoint-url"};
      } else if (!ignore) {
        CORDON_TRY(setting, configured_endpoint(names));
      }
      if (!setting) continue;
      CORDON_TRY(config_.endpoints.configured[names.service],
                 parse_endpoint_url(setting->text, setting->name));
    }
    return {};
  }

  Result<std::optional<Setting>> configured_endpoint(const ServiceNames& names) const {
    if (auto found = in_environment(std::string("AWS_ENDPOINT_URL_") + names.variable)) {
      return found;
    }
    if (auto found = in_environment("AWS_ENDPOINT_URL")) return found;
    if (const auto chosen = in_profile("services")) {
      const ProfileSection* section = files_.services(chosen->text);
      if (section == nullptr) {
        return usage_error(chosen->name + " names [services " + utf8_clean(chosen->text, 64) +
                           "], which the config file does not have");
      }
      const auto it = section->find(std::string(names.member) + ".endpoint_url");
      if (it != section->end() && !it->second.empty()) {
        return std::optional(Setting{
            it->second,
            std::string(names.member) + " endpoint_url of [services " + chosen->text + "]"});
      }
    }
    return in_profile("endpoint_url");
  }

  Result<void> find_retry() {
    if (const auto mode = find("AWS_RETRY_MODE", "retry_mode")) {
      const std::string name = lower(mode->text);
      // "adaptive" differs by a client-side rate limit; the agent's own back-pressure does that.
      if (name == "legacy") {
        config_.retry.attempts_max = 5;
      } else if (name != "standard" && name != "adaptive") {
        return usage_error(mode->name + " is \"" + utf8_clean(mode->text, 64) +
                           "\": write standard, adaptive or legacy");
      }
    }
    if (const auto attempts = find("AWS_MAX_ATTEMPTS", "max_attempts")) {
      const auto number = parse_u64(attempts->text);
      if (!number || *number < 1 || *number > 20) {
        return usage_error(attempts->name + " is \"" + utf8_clean(attempts->text, 64) +
                           "\": write a number from 1 to 20");
      }
      config_.retry.attempts_max = static_cast<int>(*number);
    }
    return {};
  }

  const AwsOptions& options_;
  const Environment& environment_;
  const ProfileFiles& files_;
  const ProfileSection* section_ = nullptr;
  AwsConfig config_;
};

}  // namespace

Result<bool> parse_switch(const std::string& text, const std::string& setting) {
  const std::string word = lower(trim(text));
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return usage_error(setting + " is \"" + utf8_clean(text, 64) + "\": write true or false");
}

Result<AwsConfig> resolve_aws_config(const AwsOptions& options, const Environment& environment,
                                     const ProfileFiles& files) {
  return Resolver(options, environment, files).resolve();
}

}  // namespace cordon
