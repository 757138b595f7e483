-- Declared without `theirs` below: that is neither a difference nor ever dropped.
CREATE TABLE public.t (mine int, theirs text DEFAULT 'x', more int DEFAULT 1);
