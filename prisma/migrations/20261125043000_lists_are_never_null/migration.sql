-- Lists that rules are read from are empty rather than null.

UPDATE funding_programmes SET all_of = COALESCE(all_of, '{}'), any_of = COALESCE(any_of, '{}'), none_of = COALESCE(none_of, '{}')
  WHERE num_nulls(all_of, any_of, none_of) > 0;

UPDATE eligibility_rules SET all_of = COALESCE(all_of, '{}'), any_of = COALESCE(any_of, '{}'), none_of = COALESCE(none_of, '{}')
  WHERE num_nulls(all_of, any_of, none_of) > 0;
UPDATE residents SET attributes = '{}' WHERE attributes IS NULL;

ALTER TABLE funding_programmes
  ALTER COLUMN all_of SET DEFAULT ARRAY[]::TEXT[], ALTER COLUMN any_of SET DEFAULT ARRAY[]::TEXT[], ALTER COLUMN none_of SET DEFAULT ARRAY[]::TEXT[],
  ADD CONSTRAINT funding_programmes_lists_check CHECK (num_nulls(all_of, any_of, none_of) = 0);
ALTER TABLE eligibility_rules
  ALTER COLUMN all_of SET DEFAULT ARRAY[]::TEXT[], ALTER COLUMN any_of SET DEFAULT ARRAY[]::TEXT[], ALTER COLUMN none_of SET DEFAULT ARRAY[]::TEXT[],
  ADD CONSTRAINT eligibility_rules_lists_check CHECK (num_nulls(all_of, any_of, none_of) = 0);
ALTER TABLE residents
  ALTER COLUMN attributes SET DEFAULT ARRAY[]::TEXT[],
  ADD CONSTRAINT residents_lists_check CHECK (attributes IS NOT NULL);
