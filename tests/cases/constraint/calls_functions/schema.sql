CREATE FUNCTION public.is_code(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 ~ '^[A-Z]+$' $$;
CREATE TABLE public.t (code text CONSTRAINT shaped CHECK (is_code(code)), made timestamptz CHECK (made <= now() + interval '1 day'));
