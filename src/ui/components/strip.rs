//! A window of time as a strip, in which each state has a shape and a place of its own besides its colour.

use leptos::prelude::*;

use crate::ui::format;
use wsmon_model::{Bucket, BucketKind, utc_text};

/// How high a strip is, in units of its own.
const HEIGHT: u32 = 20;

/// A strip of buckets; `summary` says the same in words, for who cannot see it.
pub fn strip(buckets: &[Bucket], summary: String) -> impl IntoView + use<> {
    // Neighbours that look the same are one shape, so that a calm day is one.
    let runs = buckets.chunk_by(|one, next| one.kind == next.kind && one.kind != BucketKind::Partly);
    let mut x = 0;
    let shapes = runs.map(|run| {
        let width = u32::try_from(run.len()).unwrap_or_default();
        x += width;
        shape(run, x - width, width)
    });
    let shapes = shapes.collect_view();
    view! {
        <svg
            class="strip"
            role="img"
            aria-label=summary
            viewBox=format!("0 0 {x} {HEIGHT}")
            preserveAspectRatio="none"
            shape-rendering="crispEdges"
        >
            {shapes}
        </svg>
    }
}

/// A part of a shape: its class, its upper edge and its height.
type Mark = (&'static str, u32, u32);

/// What stands for a kind in a strip and beside the words: what reaches the bottom is up, what hangs from the top is down. Of
/// a bucket that is partly down, the more the longer it was, in percent.
fn marks(kind: BucketKind, down: u32) -> Vec<Mark> {
    let hangs = 3 + 6 * down / 100;
    let below = (hangs + 2).max(6);
    match kind {
        BucketKind::Up => vec![("up", 6, HEIGHT - 6)],
        BucketKind::Partly => vec![("down", 0, hangs), ("up", below, HEIGHT - below)],
        BucketKind::Down => vec![("down", 0, 12)],
        BucketKind::Off => vec![("off", HEIGHT - 4, 4)],
        BucketKind::NoData => Vec::new(),
    }
}

fn rects(marks: Vec<Mark>, x: u32, width: u32) -> impl IntoView + use<> {
    let rect = |(class, y, height): Mark| view! { <rect class=class x=x y=y width=width height=height></rect> };
    marks.into_iter().map(rect).collect_view()
}

/// How much of a bucket was down, in percent.
fn down(bucket: &Bucket) -> u32 {
    u32::try_from(bucket.down_ms * 100 / (bucket.to_ms - bucket.from_ms).max(1)).unwrap_or_default().min(100)
}

fn shape(run: &[Bucket], x: u32, width: u32) -> Option<impl IntoView + use<>> {
    let (first, last) = (run.first()?, run.last()?);
    let down_ms: i64 = run.iter().map(|bucket| bucket.down_ms).sum();
    let mut title = format!("{} – {} UTC: {}", utc_text(first.from_ms), utc_text(last.to_ms), first.kind.label());
    if first.kind == BucketKind::Partly {
        title.push_str(&format!(" ({})", format::exact_duration(down_ms)));
    }
    Some(view! {
        <g data-bucket=first.kind.as_str()>
            <title>{title}</title>
            <rect class="hit" x=x y="0" width=width height=HEIGHT></rect>
            {rects(marks(first.kind, down(first)), x, width)}
        </g>
    })
}

/// What the shapes mean.
pub fn legend() -> impl IntoView {
    let kinds = [BucketKind::Up, BucketKind::Partly, BucketKind::Down, BucketKind::Off, BucketKind::NoData];
    let entry = |kind: BucketKind| {
        view! {
            <li>
                <svg class="strip" aria-hidden="true" viewBox="0 0 12 20" shape-rendering="crispEdges">
                    {rects(marks(kind, 50), 0, 12)}
                </svg>
                {kind.label()}
            </li>
        }
    };
    view! { <ul class="legend quiet">{kinds.map(entry).collect_view()}</ul> }
}
