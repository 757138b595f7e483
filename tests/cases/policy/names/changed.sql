DROP POLICY "users/own.rows (all)" ON public.t;
ALTER POLICY "say ""hello"", it's 100% {fine} \o/" ON public.t USING (id = 33);
ALTER POLICY "Zugriff für Größere — 所有用户 🔑" ON public.t TO anon;
COMMENT ON POLICY "select" ON public.t IS 'x';
