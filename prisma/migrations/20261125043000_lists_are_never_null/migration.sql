-- Lists that rules are read from are empty rather than null.

UPDATE funding_programmes SET all_of = COALESCE(all_of, '{}'), any_of = COALESCE(any_of, '{}'), none_of = COALESCE(none_of, '{}')
  WHERE num_nulls(all_of, any_of, none_of) > 0;

ALTER TABLE funding_programmes
  ADD CONSTRAINT funding_programmes_lists_check CHECK (num_nulls(all_of, any_of, none_of) = 0);
ALTER TABLE eligibility_rules
  ADD CONSTRAINT eligibility_rules_lists_check CHECK (num_nulls(all_of, any_of, none_of) = 0);
ALTER TABLE residents
  ADD CONSTRAINT residents_lists_check CHECK (attributes IS NOT NULL);
