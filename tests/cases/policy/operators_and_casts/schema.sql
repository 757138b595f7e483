CREATE TABLE public.events (
  kind varchar(20), tags text[], data jsonb, starts timestamptz, amount numeric(10, 2), code char(3), flag boolean
);
CREATE POLICY lists ON public.events USING (kind IN ('a', 'b') AND code NOT IN ('x') AND 'vip' = ANY (tags));
CREATE POLICY patterns ON public.events USING (kind LIKE 'a%' OR kind ILIKE '_b' OR kind ~ '^[a-z]+$' OR kind SIMILAR TO 'x%');
CREATE POLICY times ON public.events USING (starts > now() - interval '30 days' AND starts::date <> CURRENT_DATE);
CREATE POLICY documents ON public.events USING (data @> '{"a": [1, 2]}' AND (data -> 'n')::int > 3 AND data ? 'k');
CREATE POLICY branches ON public.events USING (CASE kind WHEN 'a' THEN flag ELSE coalesce(NOT flag, false) END);
CREATE POLICY numbers ON public.events USING (amount * 1.19 >= 10 AND -amount < 1e3 AND amount::int % 2 = 0);
CREATE POLICY tests ON public.events USING (flag IS TRUE AND flag IS NOT UNKNOWN AND kind IS DISTINCT FROM code AND (kind, code) = ('a', 'b'));
CREATE POLICY settings ON public.events USING (kind = current_setting('app.kind', true));
