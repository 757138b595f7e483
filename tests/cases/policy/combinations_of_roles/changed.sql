ALTER POLICY everybody ON public.posts TO anon;
ALTER POLICY anonymous ON public.posts TO PUBLIC;
ALTER POLICY two ON public.posts TO authenticated;
ALTER POLICY all_three ON public.posts TO anon, authenticated, postgres;
