CREATE TABLE public.t (id int);
CREATE POLICY "Users can view own profile" ON public.t USING (id = 1);
CREATE POLICY "users/own.rows (all)" ON public.t USING (id = 2);
CREATE POLICY "say ""hello"", it's 100% {fine} \o/" ON public.t USING (id = 3);
CREATE POLICY "Zugriff für Größere — 所有用户 🔑" ON public.t USING (id = 4);
CREATE POLICY "select" ON public.t USING (id = 5);
CREATE POLICY " spaces around " ON public.t USING (id = 6);
CREATE POLICY "a::b#c[0]" ON public.t USING (id = 7);
