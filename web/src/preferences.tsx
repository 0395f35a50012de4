// Who reads: language, locale, time zone, light or dark. Kept in this browser alone.
import I18nProvider, { type I18nProviderProps } from "@cloudscape-design/components/i18n";
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import { formatsFor, type Formats } from "./format";
import type { Texts } from "./texts/en";

/** What each language calls itself. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

interface Reader {
  t: Texts;
  f: Formats;
  language: Language;
  theme: Theme;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}

const ReaderContext = createContext<Reader | null>(null);

/** The texts in the reader's language, and how values are written for them. */
export function useReader(): Reader {
  const reader = useContext(ReaderContext);
  if (!reader) throw new Error("useReader: there is no ReaderProvider above");
  return reader;
}

function kept<T extends string>(name: string, known: readonly T[]): T | undefined {
  try {
    const value = window.localStorage.getItem(name);
    return known.find((one) => one === value);
  } catch {
    return undefined; // A browser may refuse to keep anything.
  }
}

function keep(name: string, value: string): void {
  try {
    window.localStorage.setItem(name, value);
  } catch {
    // Then it lasts as long as the page.
  }
}

const NAMES = Object.keys(LANGUAGES) as Language[];

function preferredLanguage(): Language {
  for (const tag of navigator.languages) {
    const found = NAMES.find((one) => tag === one || tag.startsWith(`${one}-`));
    if (found) return found;
  }
  return "en";
}

// The reader's own form of the language ("en-AU") where it is one of that language.
function localeOf(language: Language): string {
  return navigator.languages.find((tag) => tag === language || tag.startsWith(`${language}-`)) ?? language;
}

interface Words {
  language: Language;
  texts: Texts;
  /** What Cloudscape says by itself. */
  components: I18nProviderProps.Messages;
}

// Loaded for the language that is read, and for no other.
const WORDS: Record<Language, () => Promise<Words>> = {
  en: async () => {
    const [{ en }, components] = await Promise.all([
      import("./texts/en"), import("@cloudscape-design/components/i18n/messages/all.en")]);
    return { language: "en", texts: en, components: components.default };
  },
  de: async () => {
    const [{ de }, components] = await Promise.all([
      import("./texts/de"), import("@cloudscape-design/components/i18n/messages/all.de")]);
    return { language: "de", texts: de, components: components.default };
  },
};

function useWords(language: Language): Words | undefined {
  const [words, setWords] = useState<Words>();
  useEffect(() => {
    let isWanted = true;
    void WORDS[language]().then((loaded) => isWanted && setWords(loaded));
    return () => {
      isWanted = false;
    };
  }, [language]);
  return words;
}

function useDarkness(theme: Theme): void {
  useEffect(() => {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const isDark = theme === "dark" || (theme === "auto" && system.matches);
      applyMode(isDark ? Mode.Dark : Mode.Light);
      document.documentElement.style.colorScheme = isDark ? "dark" : "light";
    };
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [theme]);
}

export function ReaderProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => kept("cordon.language", NAMES) ?? preferredLanguage());
  const [theme, setTheme] = useState<Theme>(() => kept("cordon.theme", THEMES) ?? "auto");
  const words = useWords(language);
  useDarkness(theme);
  const spoken = words?.language;
  useEffect(() => {
    if (spoken) document.documentElement.lang = spoken;
  }, [spoken]);
  const reader = useMemo<Reader | undefined>(() => {
    if (!words) return undefined;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return {
      t: words.texts,
      f: formatsFor({ locale: localeOf(words.language), zone }),
      language: words.language,
      theme,
      setLanguage: (next) => {
        keep("cordon.language", next);
        setLanguage(next);
      },
      setTheme: (next) => {
        keep("cordon.theme", next);
        setTheme(next);
      },
    };
  }, [words, theme]);
  if (!words || !reader) return null;
  return (
    <I18nProvider locale={localeOf(words.language)} messages={[words.components]}>
      <ReaderContext.Provider value={reader}>{children}</ReaderContext.Provider>
    </I18nProvider>
  );
}
