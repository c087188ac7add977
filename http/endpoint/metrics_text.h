// What a Cloud and its endpoint have counted, as Prometheus reads it.
// https://prometheus.io/docs/instrumenting/exposition_formats/
//
// Threads: pure functions; any thread.
#ifndef CLOUDLET_HTTP_ENDPOINT_METRICS_TEXT_H_
#define CLOUDLET_HTTP_ENDPOINT_METRICS_TEXT_H_

#include <string>

#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"

namespace cloudlet::http {

// Content-Type of the text.
inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

std::string MetricsText(const CloudStats& stats, const Meter& meter, const EndpointStats& endpoint);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_ENDPOINT_METRICS_TEXT_H_
