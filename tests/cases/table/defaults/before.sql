CREATE TYPE public.mood AS ENUM ('sad', 'happy');
CREATE SEQUENCE public.numbers;
CREATE SEQUENCE public."Odd Numbers";
CREATE FUNCTION public.token(length int DEFAULT 8) RETURNS text LANGUAGE sql AS 'SELECT repeat(''x'', length)';
