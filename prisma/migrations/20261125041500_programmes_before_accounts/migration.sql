-- Triggers of one event fire in the order of their names. A dispatch locks programmes before accounts; what a transfer moves
-- is locked in the same order now, so that a dispatch and a confirmation do not wait for each other in a ring.
ALTER TRIGGER transfers_balance_new ON transfers RENAME TO transfers_then_balance_new;
ALTER TRIGGER transfers_balance_resolved ON transfers RENAME TO transfers_then_balance_resolved;
