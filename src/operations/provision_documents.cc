#include "operations/provision_documents.h"

#include <boost/json.hpp>
#include <string>
#include <utility>

namespace cordon {

namespace json = boost::json;

json::array document_of(const std::vector<ProvisionStep>& steps) {
  json::array all;
  for (const ProvisionStep& step : steps) {
    all.push_back(json::object{{"what", name_of(step.part)},
                               {"name", step.name},
                               {"state", std::string(name_of(step.state))},
                               {"note", step.note}});
  }
  return all;
}

json::object document_of(const ProvisionReport& report, bool is_dry_run) {
  json::value bucket;  // Null: the report is about a region.
  if (!report.bucket.str().empty()) bucket = report.bucket.str();
  json::object document{
      {"schema", "cordon.provision-report/1"},
      {"bucket", std::move(bucket)},
      {"region", report.region ? json::value(report.region->str()) : json::value(nullptr)},
      {"protected", report.is_protected},
      {"steps", document_of(report.steps)}};
  if (is_dry_run) document["dryRun"] = true;
  return document;
}

}  // namespace cordon
