#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "devcloud/access/policy.h"
#include "devcloud/call.h"
#include "devcloud/messaging/sqs_queue.h"

namespace cordon::cloud {

/// Simple Queue Service, over the JSON and over the query protocol.
///
/// Threads: any; one lock for all queues, never held while another service is called.
class SqsService {
 public:
  explicit SqsService(const Basics& basics) : basics_(basics) {}

  /// `action` without its prefix ("SendMessage"); `query` tells the protocol.
  ServerResponse handle(const Call& call, std::string_view action, bool query);

  /// What a service of AWS wants to put into a queue.
  struct Delivery {
    std::string queue_arn;
    std::string body;
    boost::json::object attributes = {};
    std::string principal;            ///< "sns.amazonaws.com"
    std::string source_arn;           ///< aws:SourceArn of the queue's policy
    std::string source_account = {};  ///< aws:SourceAccount; empty: the stand-in's own.
  };
  /// False: no such queue, or its policy does not let the service send.
  bool deliver(const Delivery& delivery);
  /// The policy of a queue, if it has one.
  std::optional<Policy> policy_of(const std::string& queue_arn);
  /// The same question without sending.
  bool accepts(const Delivery& delivery);

 private:
  using Queue = std::shared_ptr<SqsQueue>;  // Shared: a long poll holds on to a deleted queue.
  using Json = boost::json::object;
  using Reply = Answer<Json>;
  using Attributes = std::map<std::string, std::string>;

  Reply run(const Call& call, std::string_view action, const Json& in);
  Reply create(const Call& call, const Json& in);
  Reply get_url(const Call& call, const Json& in);
  Reply list(const Call& call, const Json& in);
  Reply remove(const Call& call, const Json& in);
  Reply purge(const Call& call, const Json& in);
  Reply get_attributes(const Call& call, const Json& in);
  Reply set_attributes(const Call& call, const Json& in);
  Reply send(const Call& call, const Json& in);
  Reply send_batch(const Call& call, const Json& in);
  Reply receive(const Call& call, const Json& in);
  Reply delete_message(const Call& call, const Json& in);
  Reply change_visibility(const Call& call, const Json& in);
  Reply batch(const Call& call, const Json& in, Reply (SqsService::*one)(const Call&, const Json&));
  Reply tag(const Call& call, const Json& in);
  Reply untag(const Call& call, const Json& in);
  Reply list_tags(const Call& call, const Json& in);
  Reply list_sources(const Call& call, const Json& in);

  Answer<Queue> queue_of(const Call& call, const Json& in);
  Queue find_locked(std::string_view region, std::string_view name) const;
  Queue find_by_arn_locked(std::string_view arn) const;
  Answer<void> check_attributes_locked(const Attributes& attributes) const;
  Reply push_locked(SqsQueue& queue, const Json& in, const std::string& sender);
  void bury_locked(const SqsQueue& source, std::vector<SqsMessage> dead);
  std::string url_of(const Call& call, const SqsQueue& queue) const;
  bool permits_locked(const SqsQueue& queue, const Delivery& delivery) const;

  const Basics& basics_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Queue> queues_;  ///< By region and name.
};

/// Both protocols speak to the same actions: a query becomes the JSON it would have been.
boost::json::object sqs_query_to_json(const RequestTarget::Query& form);
/// The XML in which the query protocol writes a reply.
std::string sqs_json_to_xml(std::string_view action, const boost::json::object& reply,
                            std::string_view request_id);
/// MD5 over attributes as AWS defines it, hex.
std::string sqs_attributes_md5(const boost::json::object& attributes);

}  // namespace cordon::cloud
