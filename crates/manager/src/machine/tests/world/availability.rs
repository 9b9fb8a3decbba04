//! What is told of the connection's availability is what it does.

use wsmon_model::{PeriodKind, Phase, Transition};

use super::{UnderWay, World};

impl World {
    /// What a step from `before` on told, against what is under way now.
    pub(super) fn check_availability(&self, before: PeriodKind, told: Option<Transition>) {
        let counted = self.machine.period();
        let is_told = told.is_some_and(|told| told.to == counted && told.at_ms == 7);
        assert!(is_told || (told.is_none() && counted == before), "{told:?} from {before:?} to {counted:?}");
        let why = told.and_then(|told| told.why);
        assert!(why.is_none() || counted == PeriodKind::Down, "{told:?}");
        // Nobody loses a session without a reason.
        let is_lost = (before, counted) == (PeriodKind::Up, PeriodKind::Down);
        assert!(!is_lost || why.is_some(), "{told:?}");
        assert_eq!(counted == PeriodKind::Up, self.is_open(), "beside {:?}", self.under_way);
        match self.under_way {
            UnderWay::Ended => assert_eq!(counted, PeriodKind::Unknown),
            UnderWay::Nothing => assert_eq!((counted, self.state().phase), (PeriodKind::Off, Phase::Off)),
            UnderWay::Wait { .. } | UnderWay::Admission(_) | UnderWay::Permit | UnderWay::Attempt => {
                assert_eq!(counted, PeriodKind::Down);
            }
            UnderWay::Session { .. } | UnderWay::Close => {}
        }
    }
}
