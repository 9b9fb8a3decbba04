//! What was learned of how long feeds are usually quiet.

use sqlx::Row;
use wsmon_manager::LearnedSilences;
use wsmon_model::EndpointId;

use super::{endpoint::bind_endpoint, error::StoreError, store::Store};

impl Store {
    /// All of it, but what is of names that cannot be used.
    pub(super) async fn learned_silences(&self) -> Result<Vec<LearnedSilences>, StoreError> {
        let rows = sqlx::query("SELECT service, endpoint, learned FROM silence").fetch_all(&self.0).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let (service, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if let (Ok(service), Ok(name)) = (service.parse(), name.parse()) {
                all.push(LearnedSilences { endpoint: EndpointId { service, name }, learned: row.try_get(2)? });
            }
        }
        Ok(all)
    }

    /// Keeps these in the place of what was kept before, unless their endpoint has been removed meanwhile.
    pub(super) async fn keep_learned_silences(&self, learned: &[LearnedSilences]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for LearnedSilences { endpoint, learned } in learned {
            let query = sqlx::query(
                "INSERT INTO silence (service, endpoint, learned) SELECT ?1, ?2, ?3 \
                 WHERE EXISTS (SELECT 1 FROM connection WHERE service = ?1 AND endpoint = ?2) \
                 ON CONFLICT (service, endpoint) DO UPDATE SET learned = ?3",
            );
            bind_endpoint(query, endpoint).bind(learned).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}
