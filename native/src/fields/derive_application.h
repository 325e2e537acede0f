// Derived fields of what is inside a flow: names of what nDPI numbers, and what the facts of weir's parsers mean.
#pragma once

#include "fields/field_table.h"

namespace weir::derive {

#define WEIR_DERIVED_NUMBER(name) \
  uint64_t name(const FlowRecord& record, unsigned side, const FieldContext& context);
WEIR_DERIVED_NUMBER(applicationEncrypted)
WEIR_DERIVED_NUMBER(applicationListed)
WEIR_DERIVED_NUMBER(tlsUnsafeCipher)  // 1: see isUnsafeCipherSuite()
#undef WEIR_DERIVED_NUMBER

// Nothing where the application, or its name, is not known.
#define WEIR_DERIVED_TEXT(name) \
  size_t name(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
WEIR_DERIVED_TEXT(applicationName)
WEIR_DERIVED_TEXT(applicationMasterName)
WEIR_DERIVED_TEXT(applicationProtocolName)     // the master's name, or the application's own where there is none
WEIR_DERIVED_TEXT(applicationLabel)            // TLS.Google
WEIR_DERIVED_TEXT(applicationLabelOrUnknown)   // the same, Unknown as nProbe says it
WEIR_DERIVED_TEXT(applicationNumbers)          // 91.126
WEIR_DERIVED_TEXT(applicationCategoryName)
WEIR_DERIVED_TEXT(applicationBreedName)
WEIR_DERIVED_TEXT(applicationConfidenceName)
WEIR_DERIVED_TEXT(applicationStateName)
WEIR_DERIVED_TEXT(applicationListCategoryName)
WEIR_DERIVED_TEXT(applicationRiskText)         // names, a comma and a space between them
WEIR_DERIVED_TEXT(applicationInfo)             // what the flow is about: URL, server name, query ...
WEIR_DERIVED_TEXT(applicationDomain)           // the host name of it
WEIR_DERIVED_TEXT(tlsVersionName)              // TLSv1.3
WEIR_DERIVED_TEXT(tlsVersionNumber)            // 1.3
WEIR_DERIVED_TEXT(tlsVersionProtocol)          // tls, dtls, ssl
WEIR_DERIVED_TEXT(tlsCipherName)
WEIR_DERIVED_TEXT(quicVersionName)
WEIR_DERIVED_TEXT(dnsQueryTypeName)
WEIR_DERIVED_TEXT(dnsReplyCodeName)
WEIR_DERIVED_TEXT(httpRequestDomain)           // without the port
WEIR_DERIVED_TEXT(dhcpMessageTypeName)
#undef WEIR_DERIVED_TEXT

// NameText is a JSON value (nothing = absent), NameOctets what stands on the wire.
#define WEIR_DERIVED_LIST(name)                                                                           \
  size_t name##Text(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity); \
  size_t name##Octets(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
WEIR_DERIVED_LIST(applicationId)         // RFC 6759: engine 22, nDPI's number in 2 octets, or in 3 when 4 octets are asked for
WEIR_DERIVED_LIST(applicationRiskNames)  // a JSON array; text with a comma between them on the wire
WEIR_DERIVED_LIST(dhcpClientMac)
WEIR_DERIVED_LIST(dhcpClientAddress)
#undef WEIR_DERIVED_LIST

}  // namespace weir::derive
