ALTER POLICY lists ON public.events USING (kind IN ('a', 'b', 'c') AND code NOT IN ('x') AND 'vip' = ANY (tags));
ALTER POLICY times ON public.events USING (starts > now() - interval '31 days' AND starts::date <> CURRENT_DATE);
