DROP POLICY unlocked ON public.drafts;
CREATE POLICY unlocked ON public.drafts FOR UPDATE TO authenticated, anon USING (NOT locked);
DROP POLICY readable ON public.drafts;
CREATE POLICY readable ON public.drafts AS RESTRICTIVE USING (true);
