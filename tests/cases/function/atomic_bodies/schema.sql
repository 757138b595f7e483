CREATE FUNCTION public.twice(a int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a * 2 + length('x');
CREATE FUNCTION public.named(want text) RETURNS SETOF t LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM t WHERE name = want AND name IN ('a', 'b') ORDER BY id;
END;
CREATE FUNCTION public.several(a int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  INSERT INTO t (id) VALUES (a);
  UPDATE t SET name = 'x' WHERE id = a;
  SELECT count(*)::int FROM t;
END;
CREATE PROCEDURE public.chore(a int) LANGUAGE sql
BEGIN ATOMIC
  DELETE FROM t WHERE id = a;
END;
-- Its text only looks like one of the others, and would fail when it is called.
SET check_function_bodies = off;
CREATE FUNCTION public.text_body() RETURNS int LANGUAGE sql AS 'BEGIN ATOMIC SELECT 1; END';
