-- save_report.sql: stores the report of run $1.
UPDATE run_bodies SET report = $2::json WHERE run = $1
