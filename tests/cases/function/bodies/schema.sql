CREATE FUNCTION public.dollars() RETURNS text LANGUAGE plpgsql AS $outer$
DECLARE
  body text := $$a $1 'quoted' $$ || $inner$ $$nested$$ $inner$;
BEGIN
  RETURN body;
END;
$outer$;
CREATE FUNCTION public.odd() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  -- größe, 所有用户 🔑; 100% {braces} {{ double }} {% raw %} %s %(x)s %% \n \\ \x
  RAISE NOTICE 'it''s %, back\slash, %%', E'\t\\';
  RETURN format('%I.%L %s', 'a', 'b', '{}');
END
$$;
CREATE FUNCTION public.tabs_and_ends() RETURNS void LANGUAGE sql AS E'\n\tSELECT 1;  \n\n-- end\r\n';
CREATE FUNCTION public.nothing() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION public.broken() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM * FROM no_such_table WHERE "unknown" = 1; END $$;
