-- A notice that was handled is removed when its time has come (src/retention); an open one never is.

CREATE OR REPLACE FUNCTION guard_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.handled_at IS NULL THEN
      RAISE EXCEPTION 'notice %: is not handled yet', OLD.id USING ERRCODE = 'LD009';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.handled_at IS NOT NULL
    OR (NEW.id, NEW.area_id, NEW.kind, NEW.community_id, NEW.provider_id, NEW.need_id, NEW.order_id, NEW.programme_id, NEW.at)
      IS DISTINCT FROM
       (OLD.id, OLD.area_id, OLD.kind, OLD.community_id, OLD.provider_id, OLD.need_id, OLD.order_id, OLD.programme_id, OLD.at)
  THEN
    RAISE EXCEPTION 'notice %: is handled once and not changed otherwise', OLD.id USING ERRCODE = 'LD009';
  END IF;
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
