//! A window of time as a strip, in which each state has a shape and a place of its own besides its colour.

use leptos::prelude::*;

use crate::ui::format;
use wsmon_model::{Bucket, BucketKind, utc_text};

/// How high a strip is, in units of its own.
const HEIGHT: u32 = 10;

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

/// What stands for a kind in a strip and in the words beside it: from the bottom up is up, from the top down is down.
fn marks(kind: BucketKind) -> &'static [(&'static str, u32, u32)] {
    match kind {
        BucketKind::Up => &[("up", 3, 7)],
        BucketKind::Partly => &[("down", 0, 4), ("up", 6, 4)],
        BucketKind::Down => &[("down", 0, 6)],
        BucketKind::Off => &[("off", 8, 2)],
        BucketKind::NoData => &[],
    }
}

fn rects(kind: BucketKind, x: u32, width: u32) -> impl IntoView + use<> {
    let rect = |&(class, y, height): &(&'static str, u32, u32)| {
        view! { <rect class=class x=x y=y width=width height=height></rect> }
    };
    marks(kind).iter().map(rect).collect_view()
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
            {rects(first.kind, x, width)}
        </g>
    })
}

/// What the shapes mean.
pub fn legend() -> impl IntoView {
    let kinds = [BucketKind::Up, BucketKind::Partly, BucketKind::Down, BucketKind::Off, BucketKind::NoData];
    let entry = |kind: BucketKind| {
        view! {
            <li>
                <svg class="strip" aria-hidden="true" viewBox="0 0 6 10" shape-rendering="crispEdges">
                    {rects(kind, 0, 6)}
                </svg>
                {kind.label()}
            </li>
        }
    };
    view! { <ul class="legend quiet">{kinds.map(entry).collect_view()}</ul> }
}
