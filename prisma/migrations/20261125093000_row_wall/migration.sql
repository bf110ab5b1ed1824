-- The second wall: rows that a viewer's roles do not reach are not there for the transactions made for them, whatever the
-- application asks. The first wall is src/identity/policy.ts. Tables belong to the user who migrates, for whom there is no
-- wall: jobs, the command line and what Liangdan does by rule work as they are.

-- The role liangdan_viewer is made before the migrations: see src/database/viewer-role.ts.

-- 1. Who the viewer is: settings of the transaction, which src/database/row-wall.ts makes of src/identity/row-scope.ts ---
-- A setting that is not made reaches nothing. Policies ask for them as (SELECT viewer_area()) and the like, so that each is
-- read once a statement.

CREATE FUNCTION viewer_setting(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('liangdan.' || name, true), '');
CREATE FUNCTION viewer_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE RETURN viewer_setting('user_id')::uuid;
CREATE FUNCTION viewer_area() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE RETURN viewer_setting('area_id')::uuid;
CREATE FUNCTION viewer_communities() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN COALESCE(viewer_setting('community_ids'), '{}')::uuid[];
CREATE FUNCTION viewer_providers() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN COALESCE(viewer_setting('provider_ids'), '{}')::uuid[];
CREATE FUNCTION viewer_residents() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN COALESCE(viewer_setting('resident_ids'), '{}')::uuid[];
-- Whether the viewer reaches rows of this class (ROW_CLASSES of src/identity/row-scope.ts) in their whole area.
CREATE FUNCTION viewer_reaches(class text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN class = ANY(COALESCE(viewer_setting('area_wide'), '{}')::text[]);

-- Needs of the residents whom the viewer is or acts for. As the owner, since the policy of needs looks at orders and that
-- of orders at these.
CREATE FUNCTION viewer_own_needs() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT id FROM needs WHERE resident_id = ANY(viewer_residents()) $$;

-- Whether the resident lives in a community of the viewer's. As the owner, since the policy of residents looks at caregivings
-- and that of caregivings at these.
CREATE FUNCTION viewer_looks_after(resident uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT EXISTS (SELECT FROM residents WHERE id = resident AND community_id = ANY(viewer_communities())) $$;

-- Refuses a function that writes with the owner's rights for an area that is not the viewer's.
CREATE FUNCTION demand_viewer_area(of_area uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF current_setting('role') = 'liangdan_viewer' AND of_area IS DISTINCT FROM viewer_area() THEN
    RAISE EXCEPTION 'area % is not that of the viewer', of_area USING ERRCODE = '42501';
  END IF;
END $$;

-- 2. Raising the wall around a table ----------------------------------------------------------------------------------------

-- `seen` says which rows viewers see, `changed` which they make, change and delete; null for none. A table that is not walled
-- is closed to them altogether.
CREATE FUNCTION wall_rows(walled regclass, seen text, changed text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO liangdan_viewer', walled);
  IF changed = seen THEN
    EXECUTE format('CREATE POLICY viewer ON %s TO liangdan_viewer USING (%s)', walled, seen);
    RETURN;
  END IF;
  EXECUTE format('CREATE POLICY viewer_sees ON %s FOR SELECT TO liangdan_viewer USING (%s)', walled, seen);
  IF changed IS NOT NULL THEN
    EXECUTE format('CREATE POLICY viewer_makes ON %s FOR INSERT TO liangdan_viewer WITH CHECK (%s)', walled, changed);
    EXECUTE format('CREATE POLICY viewer_changes ON %s FOR UPDATE TO liangdan_viewer USING (%s)', walled, changed);
    EXECUTE format('CREATE POLICY viewer_deletes ON %s FOR DELETE TO liangdan_viewer USING (%s)', walled, changed);
  END IF;
END $$;

GRANT USAGE ON SCHEMA public TO liangdan_viewer;

-- 3. The tables -----------------------------------------------------------------------------------------------------------

DO $$
DECLARE
  in_area constant text := 'area_id = (SELECT viewer_area())';
  keeps_lists constant text := '(SELECT viewer_reaches(''lists''))';
  of_community constant text := 'community_id = ANY((SELECT viewer_communities())::uuid[])';
  of_provider constant text := 'provider_id = ANY((SELECT viewer_providers())::uuid[])';
  of_resident constant text := 'resident_id = ANY((SELECT viewer_residents())::uuid[])';
  rule text;
  walled text;
BEGIN
  -- Public lists: everyone of the area reads them, administrators change them.
  PERFORM wall_rows('areas', 'id = (SELECT viewer_area())', 'id = (SELECT viewer_area()) AND ' || keeps_lists);
  FOREACH walled IN ARRAY ARRAY['communities', 'categories', 'providers', 'scoring_profiles', 'funding_programmes', 'sla_terms', 'calendar_days'] LOOP
    PERFORM wall_rows(walled::regclass, in_area, in_area || ' AND ' || keeps_lists);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY['programme_categories', 'programme_communities'] LOOP
    rule := 'EXISTS (SELECT FROM funding_programmes p WHERE p.id = programme_id)';
    PERFORM wall_rows(walled::regclass, rule, rule || ' AND ' || keeps_lists);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY['need_transitions', 'order_transitions'] LOOP
    PERFORM wall_rows(walled::regclass, 'true');
  END LOOP;

  -- Services: a provider's staff change their own.
  PERFORM wall_rows('services', in_area, format('%s AND (%s OR %s)', in_area, keeps_lists, of_provider));
  FOREACH walled IN ARRAY ARRAY['service_categories', 'service_locations', 'service_areas', 'schedule_windows', 'schedule_exceptions',
    'eligibility_rules', 'cost_options', 'service_funding', 'service_capacities'] LOOP
    rule := 'EXISTS (SELECT FROM services s WHERE s.id = service_id%s)';
    PERFORM wall_rows(walled::regclass, format(rule, ''), format(rule, format(' AND (%s OR s.%s)', keeps_lists, of_provider)));
  END LOOP;

  -- Caregivings: whose resident or caregiver one is, or whose community one looks after.
  rule := format('%s AND ((SELECT viewer_reaches(''residents'')) OR user_id = (SELECT viewer_user()) OR %s
    OR ((SELECT viewer_communities()) <> ''{}'' AND viewer_looks_after(resident_id)))', in_area, of_resident);
  PERFORM wall_rows('caregivings', rule, rule);

  -- Persons: those of the community and oneself; who was named as caregiver, for the name; a provider those whom it has an
  -- order in progress for.
  rule := format('%s AND ((SELECT viewer_reaches(''residents'')) OR %s OR id = ANY((SELECT viewer_residents())::uuid[])', in_area, of_community);
  PERFORM wall_rows('residents',
    rule || ' OR EXISTS (SELECT FROM caregivings c WHERE c.resident_id = residents.id AND c.user_id = (SELECT viewer_user()))'
    || ' OR ((SELECT viewer_providers()) <> ''{}'' AND EXISTS (
      SELECT FROM needs n JOIN orders o ON o.need_id = n.id
      WHERE n.resident_id = residents.id AND o.' || of_provider || '
        AND o.state IN (''DISPATCHED'', ''ACCEPTED'', ''IN_SERVICE'', ''FULFILLED'', ''DISPUTED''))))',
    rule || ')');
  rule := 'EXISTS (SELECT FROM residents r WHERE r.id = resident_id)';
  PERFORM wall_rows('resident_keys', rule, rule);
  rule := format('%s AND user_id = (SELECT viewer_user()) AND %s', in_area, rule);
  PERFORM wall_rows('resident_reveals', rule, rule);

  -- What they agreed to, for whoever sees them.
  rule := in_area || ' AND EXISTS (SELECT FROM residents r WHERE r.id = resident_id)';
  PERFORM wall_rows('consent_records', rule, rule);
  -- That they were erased, which is recorded with the owner's rights.
  PERFORM wall_rows('resident_erasures', in_area || ' AND ((SELECT viewer_reaches(''residents'')) OR actor_id = (SELECT viewer_user()))');

  -- Orders: of the community, of the provider, of one's own needs.
  rule := format('%s AND ((SELECT viewer_reaches(''orders'')) OR %s OR %s OR need_id IN (SELECT viewer_own_needs()))', in_area, of_community, of_provider);
  PERFORM wall_rows('orders', rule, rule);
  FOREACH walled IN ARRAY ARRAY['order_events', 'order_price_parts', 'appraisals'] LOOP
    rule := 'EXISTS (SELECT FROM orders o WHERE o.id = order_id)';
    PERFORM wall_rows(walled::regclass, rule, rule);
  END LOOP;

  -- To whom a contact was shown today: each looks up their own showings.
  rule := in_area || ' AND user_id = (SELECT viewer_user()) AND EXISTS (SELECT FROM orders o WHERE o.id = order_id)';
  PERFORM wall_rows('contact_views', rule, rule);

  -- Needs: of the community and one's own; and whoever sees an order sees the need that it is for.
  rule := format('%s AND ((SELECT viewer_reaches(''needs'')) OR %s OR %s
    OR ((SELECT viewer_reaches(''orders'') OR viewer_providers() <> ''{}'') AND EXISTS (SELECT FROM orders o WHERE o.need_id = needs.id)))',
    in_area, of_community, of_resident);
  PERFORM wall_rows('needs', rule, rule);
  rule := 'EXISTS (SELECT FROM needs n WHERE n.id = need_id)';
  PERFORM wall_rows('need_preferences', rule, rule);

  -- Match runs and what they found, which whoever sees the need sees too.
  rule := in_area || ' AND (SELECT viewer_reaches(''matches''))';
  PERFORM wall_rows('match_runs', rule, rule);
  PERFORM wall_rows('match_run_inputs', 'EXISTS (SELECT FROM match_runs r WHERE r.id = match_run_id)');
  FOREACH walled IN ARRAY ARRAY['match_outcomes', 'candidates'] LOOP
    rule := 'EXISTS (SELECT FROM needs n WHERE n.id = need_id)';
    PERFORM wall_rows(walled::regclass, rule || ' OR EXISTS (SELECT FROM match_runs r WHERE r.id = match_run_id)', rule);
  END LOOP;

  -- Books: of the community. What is entered by rule when an order moves is entered with the owner's rights.
  rule := format('%s AND ((SELECT viewer_reaches(''books'')) OR %s)', in_area, of_community);
  PERFORM wall_rows('ledgers', rule, rule);
  rule := 'EXISTS (SELECT FROM ledgers l WHERE l.id = ledger_id)';
  FOREACH walled IN ARRAY ARRAY['ledger_entries', 'transfers', 'ledger_periods'] LOOP
    PERFORM wall_rows(walled::regclass, rule, rule);
  END LOOP;
  -- Residents and providers read what they hold.
  PERFORM wall_rows('accounts',
    rule || ' OR owner_id = ANY((SELECT viewer_residents())::uuid[]) OR owner_id = ANY((SELECT viewer_providers())::uuid[])', rule);
  rule := 'EXISTS (SELECT FROM ledger_periods p WHERE p.id = period_id)';
  PERFORM wall_rows('ledger_period_balances', rule, rule);

  -- Money of programmes.
  PERFORM wall_rows('programme_usages',
    '(SELECT viewer_reaches(''programmes'')) AND EXISTS (SELECT FROM funding_programmes p WHERE p.id = programme_id)');
  rule := in_area || ' AND (SELECT viewer_reaches(''settlements''))';
  PERFORM wall_rows('settlements', format('%s AND ((SELECT viewer_reaches(''settlements'')) OR %s)', in_area, of_provider), rule);
  rule := 'EXISTS (SELECT FROM settlements s WHERE s.id = settlement_id)';
  PERFORM wall_rows('settlement_lines', rule, rule || ' AND (SELECT viewer_reaches(''settlements''))');

  -- Notices: to the community's staff and to the provider.
  rule := format('%s AND ((SELECT viewer_reaches(''notices'')) OR %s OR %s)', in_area, of_community, of_provider);
  PERFORM wall_rows('notices', rule, rule);

  -- Users: their names stand beside what they did. One's own grants, and one's own keys.
  PERFORM wall_rows('users', in_area, in_area || ' AND (SELECT viewer_reaches(''users''))');
  rule := '(SELECT viewer_reaches(''users'')) AND EXISTS (SELECT FROM users u WHERE u.id = user_id)';
  PERFORM wall_rows('role_grants', format('user_id = (SELECT viewer_user()) OR (%s)', rule), rule);
  rule := in_area || ' AND user_id = (SELECT viewer_user())';
  PERFORM wall_rows('idempotency_keys', rule, rule);

  -- The audit log, which is written by a function.
  PERFORM wall_rows('audit_entries', in_area || ' AND (SELECT viewer_reaches(''audit''))');

  -- No viewer has to do with these.
  FOREACH walled IN ARRAY ARRAY['timers', 'audit_chains'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
  END LOOP;
END $$;

-- 4. Guards see everything, whoever makes the change that they watch ------------------------------------------------------

DO $$
DECLARE
  guard regprocedure;
BEGIN
  FOR guard IN SELECT oid FROM pg_proc WHERE prorettype = 'trigger'::regtype AND pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', guard);
  END LOOP;
END $$;

-- Entries of the books and of the audit log follow chains whose ends a viewer need not see.
ALTER FUNCTION append_ledger_entries(uuid, jsonb) RENAME TO chain_entries_to_ledgers;
CREATE FUNCTION append_ledger_entries(of_area uuid, entries jsonb) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM demand_viewer_area(of_area);
  RETURN chain_entries_to_ledgers(of_area, entries);
END $$;

ALTER FUNCTION append_audit_entry(uuid, text) RENAME TO chain_audit_content;
CREATE FUNCTION append_audit_entry(of_area uuid, content text) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM demand_viewer_area(of_area);
  RETURN chain_audit_content(of_area, content);
END $$;
