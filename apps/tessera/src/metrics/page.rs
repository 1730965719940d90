//! Writes series, with their help and type.

use std::fmt;
use std::time::Duration;

use auth_core::DurationCounts;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// The labels of one series.
pub(super) type Labels<'a> = Vec<(&'static str, &'a str)>;

/// One page, as it is written.
#[derive(Debug)]
pub(super) struct Page<'a>(DescriptorEncoder<'a>);

impl<'a> Page<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    /// Numbers that only rise. `_total` is added to the name.
    pub(super) fn counters<'l, V: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l>, V)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, series, |mut metric, value| {
            metric.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    /// A number that only rises.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl EncodeCounterValue) -> fmt::Result {
        self.counters(name, help, [(Labels::new(), value)])
    }

    /// Numbers of this moment.
    pub(super) fn gauges<'l, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l>, V)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, series, |mut metric, value| {
            metric.encode_gauge(&value)
        })
    }

    /// A number of this moment.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        self.gauges(name, help, [(Labels::new(), value)])
    }

    /// Durations, in seconds.
    pub(super) fn durations<'l>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l>, DurationCounts)>,
    ) -> fmt::Result {
        let series = series.into_iter().map(|(labels, counts)| {
            let bounds = counts.bounds.iter().map(Duration::as_secs_f64);
            let buckets = bounds.zip(counts.buckets.iter().copied()).collect();
            let count = counts.buckets.iter().sum();
            let sum = counts.sum.as_secs_f64();
            (labels, Buckets { buckets, count, sum })
        });
        self.histograms(name, help, series)
    }

    /// Numbers that were observed, in buckets.
    pub(super) fn histograms<'l>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'l>, Buckets)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, series, |mut metric, counts| {
            metric.encode_histogram::<NoLabelSet>(counts.sum, counts.count, &counts.buckets, None)
        })
    }

    /// Facts, as labels.
    pub(super) fn info(&mut self, name: &str, help: &str, labels: Labels<'_>) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Info)?;
        metric.encode_info(&labels)
    }

    fn family<'l, V>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        series: impl IntoIterator<Item = (Labels<'l>, V)>,
        write: impl Fn(MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in series {
            write(metric.encode_family(&labels)?, value)?;
        }
        Ok(())
    }
}

/// How many observations fell into each bucket.
pub(super) struct Buckets {
    /// The highest number of each bucket, and how many are in it. What is higher than all is only in `count`.
    pub(super) buckets: Vec<(f64, u64)>,
    pub(super) count: u64,
    pub(super) sum: f64,
}
