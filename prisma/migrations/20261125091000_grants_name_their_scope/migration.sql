-- A grant names exactly what its role is held over, and that is of the user's own area. SQLSTATE LD013: it is of another.
-- Keys that refer to users and to what a grant is over already stand; a grant is there once (role_grants_once_key).

ALTER TABLE role_grants
  DROP CONSTRAINT role_grants_scope_check,
  ADD CONSTRAINT role_grants_scope_check CHECK (
    num_nonnulls(community_id, provider_id, resident_id)
      = CASE WHEN role IN ('ANALYST', 'AREA_ADMIN', 'AUDITOR') THEN 0 ELSE 1 END
    AND CASE role
      WHEN 'RESIDENT' THEN resident_id IS NOT NULL
      WHEN 'PROVIDER_STAFF' THEN provider_id IS NOT NULL
      WHEN 'GRID_WORKER' THEN community_id IS NOT NULL
      WHEN 'COMMUNITY_STAFF' THEN community_id IS NOT NULL
      ELSE TRUE
    END);

-- What whoever writes the grant cannot see counts as another area's.
CREATE FUNCTION guard_role_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of_area uuid;
BEGIN
  SELECT area_id INTO of_area FROM users WHERE id = NEW.user_id;
  IF NEW.community_id IS NOT NULL AND NOT EXISTS (SELECT FROM communities WHERE id = NEW.community_id AND area_id = of_area)
    OR NEW.provider_id IS NOT NULL AND NOT EXISTS (SELECT FROM providers WHERE id = NEW.provider_id AND area_id = of_area)
    OR NEW.resident_id IS NOT NULL AND NOT EXISTS (SELECT FROM residents WHERE id = NEW.resident_id AND area_id = of_area)
  THEN
    RAISE EXCEPTION 'grant %: is over something of another area', NEW.id USING ERRCODE = 'LD013';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER role_grants_guard BEFORE INSERT OR UPDATE ON role_grants
  FOR EACH ROW EXECUTE FUNCTION guard_role_grant();
