CREATE TABLE public.teams (id int PRIMARY KEY, name text);
CREATE TABLE public.members (team_id int, user_id uuid, role text);
CREATE POLICY members_of ON public.teams FOR SELECT TO authenticated USING (
  EXISTS (SELECT 1 FROM public.members m WHERE m.team_id = teams.id AND m.user_id = auth.uid())
);
CREATE POLICY admins_of ON public.teams FOR UPDATE TO authenticated
  USING (id IN (SELECT team_id FROM public.members WHERE user_id = (SELECT auth.uid()) AND role IN ('admin', 'owner')))
  WITH CHECK (name IS NOT NULL AND length(name) BETWEEN 1 AND 80);
