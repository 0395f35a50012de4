"""Where a peer is known to differ from AWS: the one place that may excuse a failing test.

AWS's documentation is the truth. An entry skips its tests, which are then counted as skipped with this
reason; `--run-deviations` runs them and fails where the peer has come to conform. A test name is
`file::test[parameter]`, * stands for anything. For `devcloud`, which is ours, there is never an entry.
"""
from typing import NamedTuple


class Deviation(NamedTuple):
    peer: str
    test: str
    reason: str


# (file, tests, reason); the peer stands above its rows.
_MOTO = (
    ("auth", "test_a_wrong_secret test_an_unknown_access_key test_a_clock_that_is_wrong"
             " test_another_path_than_the_signed_one test_another_query_than_the_signed_one"
             " test_another_signed_header test_other_bytes_than_the_signed_ones test_a_malformed_authorization"
             " test_a_signature_for_another_service test_a_presigned_url_that_has_expired"
             " test_a_presigned_url_for_another_method test_a_presigned_url_whose_life_was_lengthened"
             " test_a_presigned_url_for_longer_than_a_week test_sqs_over_json_refuses_*"
             " test_other_services_refuse_*", "signatures, keys and dates are not checked"),
    ("auth", "test_no_signature", "an unsigned request is refused without an error document"),
    ("storage_gateway", "*", "has no such service"),
    ("iam", "*", "policies of users and roles are kept and not enforced"),
    ("accounts", "*", "trust policies and owners of buckets are not enforced"),
    ("sts", "test_temporary_keys_need_their_token", "signatures, keys and tokens are not checked"),
    ("sts", "test_a_role_must_be_an_arn", "the role's ARN is not checked"),
    ("logs", "test_events_are_selected_by_time", "endTime is included, at AWS it is the first one left out"),
    ("logs", "test_events_that_are_too_old_are_reported", "counts too old events from 0: the index is that of the last one"),
    ("sqs", "test_an_unknown_attribute_is_refused test_an_attribute_out_of_range_is_refused",
     "attributes are not checked"),
    ("sqs", "test_setting_one_attribute_keeps_the_others", "setting any attribute forgets the policy"),
    ("sqs", "test_batches_have_rules", "error codes lack the prefix AWS.SimpleQueueService"),
    ("sqs", "test_characters_that_xml_cannot_hold_are_refused", "such characters are stored"),
    ("sqs_json", "test_answers_are_json", "the content type is text/html"),
    ("sqs_json", "test_creating_with_other_attributes_is_refused test_a_missing_queue_has_both_names",
     "errors have their query-protocol name and no x-amzn-query-error header"),
    ("sqs_json", "test_system_attributes_can_be_asked_for_by_their_newer_name", "MessageSystemAttributeNames is ignored"),
    ("sqs_json", "test_a_visibility_beyond_twelve_hours_is_refused", "the range is not checked"),
    ("sqs_json", "test_an_unknown_action_is_refused test_a_missing_parameter_is_refused", "answers 500 in HTML"),
    ("sqs_json", "test_a_body_that_is_no_json_is_refused", "a body that is no JSON counts as empty"),
    ("sns", "test_a_bad_topic_name_is_refused test_a_message_that_is_too_long_is_refused",
     "the error code is InvalidParameterValue"),
    ("sns", "test_a_bad_filter_is_refused", "answers 500"),
    ("sns", "test_a_queue_that_does_not_allow_the_topic_gets_nothing", "queue policies are not enforced"),
    ("sns", "test_an_empty_message_is_refused", "an empty message is published"),
    ("events", "test_an_event_reaches_a_queue", "events lack account and other fields"),
    ("events", "test_an_event_reaches_a_queue_through_a_topic", "a topic as target is not implemented: 500"),
    ("events", "test_a_pattern_on_the_detail[two-fields]", "fields on different levels are joined by or"),
    ("events", "test_a_pattern_on_the_detail[suffix-other] test_a_pattern_on_the_detail[nothing-but]",
     "suffix and anything-but always match"),
    ("events", "test_a_pattern_on_the_detail[in-list]", "lists in the event do not match"),
    ("events", "test_a_disabled_rule_is_silent", "a disabled rule goes on"),
    ("events", "test_a_queue_that_does_not_allow_the_rule_gets_nothing", "queue policies are not enforced"),
    ("s3_buckets", "test_names_of_other_namespaces_are_refused*", "knows no namespaces of buckets"),
    ("s3_buckets", "test_bad_bucket_names_are_refused[Upper-Case] test_bad_bucket_names_are_refused[under_score]"
                   " test_bad_bucket_names_are_refused[two..dots] test_bad_bucket_names_are_refused[-dash-first]"
                   " test_bad_bucket_names_are_refused[192.168.5.4]", "only the length of a name is checked"),
    ("s3_buckets", "test_a_bucket_that_holds_only_a_delete_marker_cannot_be_deleted",
     "no marker is made where no object was"),
    ("s3_bucket_config", "test_tags_of_a_bucket", "an empty value comes back as the text None"),
    ("s3_bucket_config", "test_a_malformed_policy_is_refused[*] test_a_policy_for_another_bucket_is_refused",
     "policies are not checked"),
    ("s3_bucket_config", "test_a_policy_can_deny_reading_what_is_not_tagged_clean test_a_policy_can_demand_tls",
     "Deny is applied without its condition, and the answer has no error document"),
    ("s3_bucket_config", "test_encryption_is_on_by_default", "behaviour from before 2023"),
    ("s3_bucket_config", "test_public_access_is_blocked_on_new_buckets", "behaviour from before 2023"),
    ("s3_bucket_config", "test_the_owner_of_the_bucket_can_be_expected", "the expected owner is not compared"),
    ("s3_objects", "test_new_objects_are_encrypted_by_default", "behaviour from before 2023"),
    ("s3_objects", "test_answers_carry_request_ids", "there is no x-amz-id-2"),
    ("s3_objects", "test_a_quiet_batch_delete_reports_errors_only", "Quiet is ignored"),
    ("s3_objects", "test_a_wrong_content_md5_is_refused test_a_malformed_content_md5_is_refused",
     "Content-MD5 is not checked"),
    ("s3_objects", "test_a_range_that_makes_no_sense_is_ignored[lines=0-3]", "the unit of a range is not read"),
    ("s3_objects", "test_if_match_takes_other_forms[star]", "If-Match: * is compared as an ETag"),
    ("s3_objects", "test_a_matching_etag_outweighs_the_date", "both conditions must hold"),
    ("s3_objects", "test_a_reader_can_override_response_headers", "Content-Disposition and others are not overridden"),
    ("s3_objects", "test_no_put_if_the_etag_differs test_put_if_match_on_a_missing_key_is_404"
                   " test_delete_if_the_etag_matches", "If-Match on PUT and DELETE is ignored"),
    ("s3_keys", "test_a_key_of_1025_bytes_is_too_long", "characters are counted instead of bytes"),
    ("s3_listing", "test_the_first_listing_names_the_next_marker_only_with_a_delimiter",
     "NextMarker is always there"),
    ("s3_listing", "test_url_encoding_is_for_the_wire_and_keeps_slashes", "a space is %20, at AWS it is +"),
    ("s3_multipart", "test_a_part_can_be_read_by_its_number", "partNumber is ignored"),
    ("s3_multipart", "test_an_aborted_upload_is_gone", "answers 500 to a part of an aborted upload"),
    ("s3_multipart", "test_parts_must_be_named_in_order", "the size of parts is looked at before their order"),
    ("s3_multipart", "test_a_part_copy_names_the_version_it_copied", "x-amz-copy-source-version-id is missing"),
    ("s3_multipart", "test_a_part_copy_can_be_pinned_to_the_etag", "x-amz-copy-source-if-match is ignored"),
    ("s3_multipart", "test_a_part_copy_beyond_the_end_is_refused", "the range is cut to the object"),
    ("s3_copy", "test_a_copy_can_be_pinned_to_the_etag test_a_copy_can_depend_on_the_date",
     "x-amz-copy-source-if-match and the dates are ignored"),
    ("s3_tags", "test_an_empty_set_removes_all", "answers 500"),
    ("s3_tags", "test_tagging_names_the_version", "the version is not named"),
    ("s3_tags", "test_ten_tags_fit_and_eleven_do_not test_eleven_tags_are_refused_with_the_upload_too",
     "BadRequest comes with a status other than 400"),
    ("s3_tags", "test_a_bad_tag_is_refused[duplicate]", "duplicate keys are stored"),
    ("s3_tags", "test_tags_of_a_missing_version", "the error is NoSuchKey"),
    ("s3_tags", "test_a_delete_marker_takes_no_tags", "the error is NoSuchKey"),
    ("s3_checksums", "test_a_right_checksum_is_kept_and_shown_on_request[*] test_a_wrong_checksum_is_refused[*]"
                     " test_a_wrong_trailer_is_refused", "checksums are kept only in part and never compared"),
    ("s3_checksums", "test_an_upload_without_a_checksum_gets_one", "no default checksum"),
    ("s3_checksums", "test_boto3_sends_the_checksum_of_a_stream_in_a_trailer",
     "aws-chunked stays in the stored Content-Encoding"),
    ("s3_checksums", "test_a_multipart_upload_can_have_a_checksum_of_checksums", "parts have no checksums"),
    ("s3_versions", "test_the_answer_for_a_deleted_object_tells_that_it_was_deleted", "x-amz-delete-marker is missing"),
    ("s3_versions", "test_a_marker_is_made_even_where_nothing_was test_a_batch_delete_takes_versions",
     "no marker is made where no object was"),
    ("s3_versions", "test_a_marker_cannot_be_read", "the error is NoSuchKey"),
    ("s3_versions", "test_deleting_the_marker_brings_the_object_back", "the answer does not say DeleteMarker"),
    ("s3_versions", "test_a_malformed_version_is_an_invalid_argument", "any text counts as a version"),
    ("s3_versions", "test_suspended_versioning_overwrites_only_the_null_version"
                    " test_a_delete_under_suspended_versioning_replaces_the_null_version",
     "suspending versioning loses the older versions"),
    ("s3_notification_config", "test_eventbridge_is_an_empty_element test_several_targets_live_side_by_side",
     "EventBridgeConfiguration is not given back"),
    ("s3_notification_config", "test_entries_for_the_same_events_may_not_overlap[same]"
                               " test_entries_for_the_same_events_may_not_overlap[prefix-*]"
                               " test_entries_for_the_same_events_may_not_overlap[suffix-in-suffix]"
                               " test_entries_for_the_same_events_may_not_overlap[guide-*]"
                               " test_two_entries_may_not_share_a_name", "entries are not compared"),
    ("s3_notification_config", "test_a_hundred_entries_fit_and_no_more", "entries are not counted"),
    ("s3_notification_config", "test_a_target_that_*refused", "targets are not checked"),
    ("s3_notification_config", "test_a_target_is_told_that_it_was_connected", "Time has no Z"),
    ("s3_notification_config", "test_a_topic_is_told_that_it_was_connected", "the envelope has no Subject"),
    ("event_flow", "test_a_record_has_every_field", "no principal, no request ids, eventTime without Z"),
    ("event_flow", "test_a_versioned_object_has_its_version test_deletes_with_versions", "versionId is missing"),
    ("event_flow", "test_the_sequencer_grows_with_each_write_of_a_key", "sequencer is missing"),
    ("event_flow", "test_keys_are_encoded_as_a_form[space-plus] test_keys_are_encoded_as_a_form[escape]"
                   " test_keys_are_encoded_as_a_form[umlaut] test_keys_are_encoded_as_a_form[emoji]"
                   " test_keys_are_encoded_as_a_form[query] test_keys_are_encoded_as_a_form[tab]"
                   " test_keys_are_encoded_as_a_form[signs]", "keys are not encoded"),
    ("event_flow", "test_a_multipart_upload_is_one_event", "a Put event comes as well"),
    ("event_flow", "test_a_delete_without_versions", "eTag and size of the deleted object are given"),
    ("event_flow", "test_an_event_comes_through_a_topic[raw]",
     "events do not reach a subscription with raw delivery"),
    ("event_flow", "test_the_envelope_says_what_it_holds", "the envelope has no Subject"),
    ("event_flow", "test_an_event_comes_through_eventbridge test_an_event_of_a_version_comes_through_eventbridge"
                   " test_copies_and_deletes_come_through_eventbridge",
     "events come several times, with fields and reasons named otherwise"),
)

_NO_SERVICE = "radosgw is judged as S3 only"
_RADOSGW = (
    ("sns", "*", _NO_SERVICE),
    ("sqs", "*", _NO_SERVICE),
    ("sqs_json", "*", _NO_SERVICE),
    ("events", "*", _NO_SERVICE),
    ("logs", "*", _NO_SERVICE),
    ("sts", "*", _NO_SERVICE),
    ("s3_buckets", "test_an_account_regional_bucket_is_made_by_saying_so test_names_of_other_namespaces_are_refused*", _NO_SERVICE),
    ("s3_notification_config", "*", _NO_SERVICE),
    ("event_flow", "*", _NO_SERVICE),
    ("storage_gateway", "*", _NO_SERVICE),
    ("iam", "*", _NO_SERVICE),
    ("accounts", "*", _NO_SERVICE),
    ("auth", "test_sqs_over_json_refuses_* test_other_services_refuse_*", _NO_SERVICE),
    ("auth", "test_a_malformed_authorization", "the error is InvalidArgument"),
    ("auth", "test_a_presigned_url_that_has_expired", "expired URLs live 15 minutes longer"),
    ("auth", "test_a_presigned_url_for_longer_than_a_week", "the error is AccessDenied"),
    ("s3_buckets", "test_head_names_the_region", "x-amz-bucket-region is missing"),
    ("s3_buckets", "test_the_location_of_* test_another_region_must_be_named_at_creation"
                   " test_an_own_bucket_cannot_be_created_again_elsewhere", "one zone group, no regions"),
    ("s3_bucket_config", "test_a_malformed_policy_is_refused[*] test_a_policy_for_another_bucket_is_refused",
     "policies are checked less, with other codes"),
    ("s3_bucket_config", "test_a_policy_can_deny_reading_what_is_not_tagged_clean test_a_policy_can_demand_tls",
     "these conditions are not enforced as at AWS"),
    ("s3_bucket_config", "test_encryption_is_on_by_default test_encryption_can_be_set", "no bucket encryption"),
    ("s3_bucket_config", "test_public_access_block test_public_access_is_blocked_on_new_buckets",
     "without a configuration an all-false one is answered"),
    ("s3_bucket_config", "test_object_ownership", "not implemented"),
    ("s3_bucket_config", "test_the_owner_of_the_bucket_can_be_expected", "accounts have no twelve-digit number"),
    ("s3_copy", "test_the_answer_describes_the_copy", "the ETag in the answer has no quotes"),
    ("s3_copy", "test_tags_are_replaced_by_their_own_directive", "the tagging directive is ignored"),
    ("s3_copy", "test_a_copy_names_the_version_it_copied", "x-amz-copy-source-version-id is missing"),
    ("s3_copy", "test_a_copy_names_the_version_it_made", "x-amz-version-id is missing"),
    ("s3_copy", "test_a_copy_can_be_pinned_to_the_etag test_a_copy_if_the_etag_differs test_a_copy_can_depend_on_the_date",
     "x-amz-copy-source-if-* is ignored"),
    ("s3_copy", "test_a_missing_source_version_is_named", "the error is NoSuchKey"),
    ("s3_copy", "test_storage_class_is_chosen_by_the_copy", "storage classes must be made first"),
    ("s3_objects", "test_the_storage_class_is_kept", "storage classes must be made first"),
    ("s3_keys", "test_a_key_of_1025_bytes_is_too_long", "the error is InvalidObjectName"),
    ("s3_listing", "test_the_first_listing_names_the_next_marker_only_with_a_delimiter",
     "NextMarker is always there"),
    ("s3_listing", "test_url_encoding_is_for_the_wire_and_keeps_slashes", "a space is %20, at AWS it is +"),
    ("s3_multipart", "test_the_completion_describes_the_object", "the answer's ETag is empty"),
    ("s3_multipart", "test_a_part_number_beyond_ten_thousand_is_refused", "other limits"),
    ("s3_multipart", "test_tags_are_given_at_the_start", "tags of the start are lost"),
    ("s3_multipart", "test_a_part_can_be_read_by_its_number", "partNumber is ignored"),
    ("s3_multipart", "test_an_aborted_upload_is_gone", "aborting or completing it again is answered otherwise"),
    ("s3_multipart", "test_parts_must_be_named_in_order", "the order is not checked"),
    ("s3_multipart", "test_a_completion_may_be_conditional", "If-None-Match is ignored"),
    ("s3_multipart", "test_a_part_copy_names_the_version_it_copied", "x-amz-copy-source-version-id is missing"),
    ("s3_multipart", "test_a_part_copy_can_be_pinned_to_the_etag", "x-amz-copy-source-if-match is ignored"),
    ("s3_objects", "test_new_objects_are_encrypted_by_default", "no default encryption"),
    ("s3_objects", "test_a_missing_key_is_named_in_the_error", "errors do not name the key"),
    ("s3_objects", "test_answers_carry_request_ids", "there is no x-amz-id-2"),
    ("s3_objects", "test_a_range_beyond_the_end_is_refused[bytes=-0]", "-0 counts as no range"),
    ("s3_objects", "test_a_range_that_makes_no_sense_is_ignored[bytes=*]", "the error is InvalidRange"),
    ("s3_objects", "test_if_match_takes_other_forms[star]", "If-Match: * is compared as an ETag"),
    ("s3_objects", "test_put_if_match_on_a_missing_key_is_404", "the error is PreconditionFailed"),
    ("s3_objects", "test_put_if_the_etag_matches", "If-Match on PUT compares with the quotes and always fails"),
    ("s3_objects", "test_delete_if_the_etag_matches", "If-Match on DELETE is ignored"),
    ("s3_tags", "test_tags_may_come_with_the_upload", "a + in the tagging header stays a +"),
    ("s3_tags", "test_tagging_names_the_version", "the version is not named"),
    ("s3_tags", "test_ten_tags_fit_and_eleven_do_not test_eleven_tags_are_refused_with_the_upload_too",
     "the error is InvalidTag or InvalidArgument"),
    ("s3_tags", "test_a_bad_tag_is_refused[duplicate] test_a_bad_tag_is_refused[reserved]"
                " test_a_bad_tag_is_refused[bad-*]", "only the lengths are checked"),
    ("s3_tags", "test_tags_of_a_missing_version", "the error is NoSuchKey"),
    ("s3_tags", "test_a_delete_marker_takes_no_tags", "the error is NoSuchKey"),
    ("s3_checksums", "test_a_right_checksum_is_kept_and_shown_on_request[*] test_a_wrong_checksum_is_refused[*]"
                     " test_an_upload_without_a_checksum_gets_one test_boto3_computes_a_checksum"
                     " test_a_multipart_upload_can_have_a_checksum_of_checksums", "no additional checksums"),
    ("s3_checksums", "test_boto3_sends_the_checksum_of_a_stream_in_a_trailer test_a_wrong_trailer_is_refused",
     "no trailers"),
    ("s3_versions", "test_the_answer_for_a_deleted_object_tells_that_it_was_deleted", "x-amz-delete-marker is missing"),
    ("s3_versions", "test_a_marker_cannot_be_read", "the error is NoSuchKey"),
    ("s3_versions", "test_deleting_a_version_is_for_good_and_hits_no_other test_a_version_of_another_key_is_not_found"
                    " test_a_malformed_version_is_an_invalid_argument", "the error is NoSuchKey"),
)

TABLE = tuple(Deviation(peer, f"test_{file}.py::{test}", reason)
              for peer, rows in (("moto", _MOTO), ("radosgw", _RADOSGW))
              for file, tests, reason in rows for test in tests.split())

assert not [entry for entry in TABLE if entry.peer == "devcloud"], "our own stand-in has no excuses"
