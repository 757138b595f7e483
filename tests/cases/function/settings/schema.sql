CREATE FUNCTION public.empty_path() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1';
CREATE FUNCTION public.one() RETURNS int LANGUAGE sql SET search_path = public AS 'SELECT 1';
CREATE FUNCTION public.several() RETURNS int LANGUAGE sql SET search_path TO public, auth, extensions, pg_temp AS 'SELECT 1';
CREATE FUNCTION public.quoted() RETURNS int LANGUAGE sql SET search_path TO "$user", "My App", "order", 'x"y' AS 'SELECT 1';
CREATE FUNCTION public.one_text() RETURNS int LANGUAGE sql SET search_path TO 'public, auth' AS 'SELECT 1';
CREATE FUNCTION public.others() RETURNS int LANGUAGE sql SET DateStyle = 'ISO, DMY' SET TimeZone TO 'Europe/Berlin'
  SET application_name = 'it''s "x", a=b' SET role = anon SET row_security = off SET statement_timeout = '5s'
  SET work_mem TO '64MB' AS 'SELECT 1';
