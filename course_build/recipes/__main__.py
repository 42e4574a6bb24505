"""`python -m course_build.recipes NAME …` trains what the course ships; without a name, everything."""

from course_build.recipes.checkpoints import main

if __name__ == "__main__":
    main()
