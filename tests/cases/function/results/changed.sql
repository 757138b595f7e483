DROP FUNCTION public.columns;
CREATE FUNCTION public.columns(want text) RETURNS TABLE (id int, "Full Name" text, amounts numeric[]) LANGUAGE sql AS 'SELECT 1, NULL::text, NULL::numeric[]';
DROP FUNCTION public.rows;
CREATE FUNCTION public.rows() RETURNS t LANGUAGE sql AS 'SELECT * FROM t';
