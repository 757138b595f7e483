ALTER TABLE public."User Profiles" ALTER "the role" DROP NOT NULL;
