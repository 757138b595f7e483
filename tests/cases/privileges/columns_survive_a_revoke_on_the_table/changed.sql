-- To take this back takes SELECT on the columns along, which must be granted again.
GRANT SELECT ON public.people TO anon WITH GRANT OPTION;
