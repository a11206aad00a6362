import type { PageState } from "../page/page-state.ts";

/** What went wrong and what to do. The region is always there, so that a screen reader hears it change. */
export function NoticeCard({ page }: { readonly page: PageState }) {
  const notice = page.notice.value;
  return (
    <div role="alert">
      {notice && (
        <div class="notice">
          <p class="notice-title">{notice.title}</p>
          <p dir="auto">{notice.advice}</p>
        </div>
      )}
    </div>
  );
}
